// POSIX seconds as people read them: in the site's zone and in UTC, always with milliseconds.

const clock = { zone: "UTC" };

function setZone(name) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    clock.zone = name;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    clock.zone = "UTC"; // an old browser may not know the zone
  }
}

function dateParts(at, zone) {
  const options = {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  };
  const parts = new Intl.DateTimeFormat("en", options).formatToParts(milliseconds(at));
  return Object.fromEntries(parts.map((part) => [part.type, part.value]));
}

function milliseconds(at) {
  return Math.round(at * 1000);
}

function timeOfDay(at, zone = clock.zone) {
  const parts = dateParts(at, zone);
  const rest = String(((milliseconds(at) % 1000) + 1000) % 1000).padStart(3, "0");
  return `${parts.hour}:${parts.minute}:${parts.second}.${rest}`;
}

function day(at, zone = clock.zone) {
  const parts = dateParts(at, zone);
  return `${parts.year}-${parts.month}-${parts.day}`;
}

function siteTime(at) {
  return `${day(at)} ${timeOfDay(at)}`;
}

function utcTime(at) {
  return `${day(at, "UTC")} ${timeOfDay(at, "UTC")} UTC`;
}

function bothTimes(at) {
  return clock.zone === "UTC" ? utcTime(at) : `${siteTime(at)} (${clock.zone})\n${utcTime(at)}`;
}
