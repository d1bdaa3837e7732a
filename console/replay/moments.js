// Which part, picture and analysed frame belong to a moment. Pure: no page, no video.
// Moments are POSIX seconds; `times_s` are when a file's pictures are shown, in its own time.

const SAME_S = 0.0015; // times are rounded to milliseconds
const HOLD_S = 1.0; // for so long a box is taken to say something about later pictures

// The index of the last item whose moment is not after `at`; -1 where all are after it.
function lastNotAfter(items, at, momentOf = (item) => item.at) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (momentOf(items[middle]) <= at + SAME_S) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// The analysed frame whose boxes are drawn at a moment; null where none is recent enough.
// `slack`: by how much a frame may seem later than the picture that it was made from.
function frameAt(frames, at, slack) {
  const frame = frames[lastNotAfter(frames, at + slack)];
  return frame && at - frame.at <= HOLD_S ? frame : null;
}

// Analysis and recording each map a camera's time to the wall clock, and differ by milliseconds:
// what was analysed belongs to the nearest picture, so up to half a picture may lie between.
function slackOf(part) {
  return part && part.times_s.length ? pictureLength(part.times_s) / 2 : 0;
}

function inForce(versions, at) {
  return versions[Math.max(0, lastNotAfter(versions, at, (one) => one.at ?? -Infinity))] ?? null;
}

// How long the last picture of a file is shown: as long as those before it, on the whole.
function pictureLength(times) {
  if (times.length < 2) return 0.04;
  return (times[times.length - 1] - times[0]) / (times.length - 1);
}

function partEnd(part) {
  const times = part.times_s;
  if (!times.length) return Math.max(part.end_at, part.begin_at);
  return part.begin_at + times[times.length - 1] - times[0] + pictureLength(times);
}

// The moment of a part's last picture.
function lastMoment(part) {
  const count = part.times_s.length;
  return count ? momentOfPicture(part, count - 1) : partEnd(part);
}

// The index of the picture that a file shows at a time of its own.
function pictureAt(times, seconds) {
  return Math.max(0, lastNotAfter(times, seconds, (time) => time));
}

function nearestPicture(part, at) {
  return pictureAt(part.times_s, part.times_s[0] + at - part.begin_at + slackOf(part) - SAME_S);
}

function momentOfPicture(part, index) {
  return part.begin_at + part.times_s[index] - part.times_s[0];
}

// Where to put a video so that it shows this picture: its middle, where no rounding can miss it.
function seekTarget(times, index) {
  const length = index + 1 < times.length ? times[index + 1] - times[index] : pictureLength(times);
  return times[index] + length / 2;
}

function partAt(parts, at) {
  const index = lastNotAfter(parts, at, (part) => part.begin_at);
  return index >= 0 && at <= partEnd(parts[index]) ? index : -1;
}

// Every moment that one can step to: pictures, and analysed frames where there is no video.
function stepsOf(camera) {
  const pictures = camera.parts.flatMap((part) =>
    part.times_s.map((_, index) => momentOfPicture(part, index)));
  const bare = camera.frames.map((frame) => frame.at).filter((at) => {
    const part = camera.parts[partAt(camera.parts, at)];
    return !part || !part.times_s.length;
  });
  return pictures.concat(bare).sort((one, other) => one - other);
}

function spanOf(camera) {
  const moments = camera.frames.map((frame) => frame.at);
  const ends = [...camera.parts.map(lastMoment), ...moments.slice(-1)];
  const begins = [...camera.parts.map((part) => part.begin_at), ...moments.slice(0, 1)];
  return begins.length ? [Math.min(...begins), Math.max(...ends)] : null;
}

// What lies between the parts of a camera: [from, to] of each.
function holesOf(parts) {
  return parts.slice(1)
    .map((part, index) => [partEnd(parts[index]), part.begin_at])
    .filter(([from, to]) => to - from > 0.2);
}
