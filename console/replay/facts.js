// What does not move: why, the facts, pictures, files, gaps, and what it was judged by.

function code(family, value) {
  return value === null || value === undefined ? null : word(`${family}.${value}`);
}

function showWhy(section, data) {
  section.replaceChildren(heading("panel.why"),
    ...data.why.map((said) => make("p", {}, sentence(said))));
}

function showFacts(section, data) {
  const alarm = data.alarm;
  section.replaceChildren(heading("panel.facts"), definitions([
    [word("fact.alarm"), data.alarm_id],
    ...(alarm ? alarmPairs(alarm) : []),
    [word("fact.hold"), heldText(data.hold)],
    [word("fact.time_zone"), data.time_zone],
  ]));
}

function alarmPairs(alarm) {
  return [
    [word("fact.kind"), code("kind", alarm.kind)],
    [word("fact.priority"), code("priority", alarm.priority)],
    [word("fact.reason"), code("reason", alarm.reason)],
    [word("fact.state"), `${code("state", alarm.state)} (${word("fact.revision")} ${alarm.revisions})`],
    [word("fact.zone"), alarm.zone],
    [word("fact.camera"), alarm.cameras.join(", ") || alarm.camera],
    [word("fact.direction"), code("direction", alarm.direction)],
    [word("fact.raised"), bothTimes(alarm.raised_at)],
    [word("fact.cleared"), alarm.cleared_at === null ? null : bothTimes(alarm.cleared_at)],
    [word("fact.acknowledged"), acknowledgedText(alarm.acknowledged)],
    [word("fact.detail"), Object.entries(alarm.detail).map((pair) => pair.join(": ")).join("\n")],
  ];
}

function acknowledgedText(seen) {
  if (!seen) return word("fact.not_yet");
  return [seen.by, bothTimes(seen.at), seen.note].filter(Boolean).join("\n");
}

function heldText(hold) {
  return hold ? [hold.by, bothTimes(hold.at), hold.note].filter(Boolean).join("\n") : null;
}

function showPictures(section, camera) {
  const figures = camera.pictures.map((one) => {
    const name = word(`file.${one.kind}`);
    const how = one.derived ? ` (${word(`derived.${one.derived}`)})` : "";
    return make("figure", {},
      make("img", { src: mediaUrl(one.media), alt: `${name} ${camera.camera}` }),
      make("figcaption", {}, `${name} · ${camera.camera} · ${siteTime(one.at)}${how}`));
  });
  section.replaceChildren(...(figures.length ? [heading("panel.pictures"), ...figures] : []));
}

function showVersions(section, camera) {
  const shown = camera.versions.map((one) => definitions([
    [word("fact.from"), one.at === null ? null : siteTime(one.at)],
    [word("fact.register"), one.register_version],
    [word("fact.configuration"), one.configuration],
    [word("fact.models"), namedLines(one.models ?? {})],
    [word("fact.thresholds"), thresholdLines(one.thresholds ?? {})],
  ]));
  section.replaceChildren(...(shown.length ? [heading("panel.versions"), ...shown] : []));
}

function namedLines(values) {
  return Object.entries(values).map(([name, value]) => `${name} ${value}`).join("\n");
}

function thresholdLines(values) {
  return Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${word(`threshold.${name}`)} ${value}`).join("\n");
}

function showGaps(section, data) {
  const headings = ["fact.camera", "fact.from", "fact.to", "fact.reason"].map(word);
  const rows = data.gaps.map((one) => [one.camera, siteTime(one.from_at), siteTime(one.to_at),
    word(`ended.${one.reason}`)]);
  section.replaceChildren(...(rows.length ? [heading("panel.gaps"), dataTable(headings, rows)] : []));
}

function showFiles(section, data) {
  const headings = ["fact.file", "fact.size", "fact.from", "fact.ended_by"].map(word);
  headings.push("SHA-256");
  const rows = data.files.map((one) => [fileName(one), one.size_bytes.toLocaleString("en"),
    siteTime(one.begin_at), one.ended_by ? word(`ended.${one.ended_by}`) : "-",
    make("code", {}, one.sha256)]);
  section.replaceChildren(heading("panel.files"), dataTable(headings, rows));
}

function fileName(one) {
  return one.derived
    ? `${one.name} (${word("fact.shown_copy")}: ${word(`derived.${one.derived}`)})` : one.name;
}

function bannersOf(data) {
  const how = new Set(data.cameras.flatMap((camera) => camera.parts.map((part) => part.derived)));
  const banners = [];
  if (data.redacted) banners.push(word("banner.redacted"));
  if (how.has("proxy")) banners.push(word("banner.proxy"));
  if (how.has("redacted") && !data.redacted) banners.push(word("banner.redacted_video"));
  for (const other of how) {
    if (other && !["proxy", "redacted"].includes(other)) banners.push(say("banner.derived", { how: other }));
  }
  if (data.alarm?.state === "open") banners.push(word("banner.open"));
  if (data.alarm && !data.alarm.durable) banners.push(word("banner.not_durable"));
  return banners;
}

function showHeading(data) {
  const alarm = data.alarm;
  const kind = alarm ? word(`kind.${alarm.kind}`) : word("page.title");
  const title = alarm?.zone ? `${kind} · ${alarm.zone}` : kind;
  byId("title").textContent = title;
  document.title = `${title} · ${data.alarm_id}`;
  byId("site").textContent = `${word("page.title")} · ${data.site}`;
  byId("subtitle").textContent = [data.alarm_id, alarm && siteTime(alarm.at),
    alarm && code("priority", alarm.priority), clock.zone].filter(Boolean).join(" · ");
  byId("banners").replaceChildren(
    ...bannersOf(data).map((text) => make("p", { class: "banner" }, text)));
  byId("about").replaceChildren(
    make("p", {}, word("page.what")),
    make("p", {}, say("page.made", { at: { at: data.made_at }, site: data.site })));
}
