// Boxes, names and zones over the picture, as the timeline says they were.

const COLOURS = { alarm: "#d32f2f", good: "#1b7f4b", plain: "#1565c0", zone: "#ffb300" };

function toneOf(track) {
  if (track.verdict) return "alarm";
  return track.state === "registered" ? "good" : "plain";
}

function labelOf(track) {
  const parts = [String(track.track)];
  if (track.object !== "person") parts.push(word(`object.${track.object}`));
  else if (track.name) parts.push(track.name);
  else parts.push(word(`identity.${track.state ?? "undetermined"}`));
  if (track.similarity !== null && track.object === "person") parts.push(track.similarity.toFixed(2));
  return parts.join(" · ");
}

// The canvas gets as many pixels as the screen shows, and is drawn in CSS pixels.
function preparedCanvas(canvas) {
  const scale = window.devicePixelRatio || 1;
  const size = [canvas.clientWidth, canvas.clientHeight];
  const pixels = size.map((side) => Math.round(side * scale));
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) {
    [canvas.width, canvas.height] = pixels;
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, size[0], size[1]);
  return [context, size];
}

function onScreen([left, top, right, bottom], [width, height]) {
  return [left * width, top * height, (right - left) * width, (bottom - top) * height];
}

function drawZone(context, zone, size, taken) {
  if (!zone.polygon.length) return;
  const corners = zone.polygon.map(([x, y]) => [x * size[0], y * size[1]]);
  context.beginPath();
  corners.forEach(([x, y]) => context.lineTo(x, y));
  context.closePath();
  context.fillStyle = "rgb(255 179 0 / 10%)";
  context.fill();
  context.lineWidth = 2;
  context.setLineDash([8, 6]);
  context.strokeStyle = COLOURS.zone;
  context.stroke();
  context.setLineDash([]);
  const top = corners.reduce((best, one) => (one[1] < best[1] ? one : best));
  const place = [top[0] + 4, top[1] + 22];
  drawLabel(context, zone.zone, [place], [COLOURS.zone, "#1b1f24"], size, taken);
}

// A label stands at the first of some places where it covers no other, or at the first of all.
function drawLabel(context, text, places, [colour, ink], size, taken) {
  const letters = size[0] < 480 ? 10 : 13;
  context.font = `600 ${letters}px system-ui, sans-serif`;
  const width = Math.min(context.measureText(text).width + 10, size[0]);
  const boxes = places.map((place) => labelBox(place, [width, letters + 5], size));
  const box = boxes.find((one) => !taken.some((other) => overlap(one, other))) ?? boxes[0];
  taken.push(box);
  context.fillStyle = colour;
  context.fillRect(box[0], box[1], width, box[3] - box[1]);
  context.fillStyle = ink;
  context.fillText(text, box[0] + 5, box[3] - 5, width - 10);
}

// [left, top, right, bottom] of a label whose lower left corner is wanted here, within the picture.
function labelBox([left, bottom], [width, height], size) {
  const x = Math.max(0, Math.min(left, size[0] - width));
  const y = Math.max(height, Math.min(bottom, size[1]));
  return [x, y - height, x + width, y];
}

function overlap(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

function drawTrack(context, track, size) {
  const [x, y, width, height] = onScreen(track.box, size);
  context.lineWidth = 3;
  context.strokeStyle = COLOURS[toneOf(track)];
  context.strokeRect(x, y, width, height);
  return { track: track.track, box: [x, y, x + width, y + height], label: labelOf(track) };
}

// Labels come after all boxes, those of alarms first: they get the best places.
function drawLabels(context, tracks, drawn, size, taken) {
  const inOrder = tracks.map((track, index) => [track, drawn[index]])
    .sort(([one], [other]) => Boolean(other.verdict) - Boolean(one.verdict));
  for (const [track, { box: [left, top, , bottom], label }] of inOrder) {
    const places = [[left - 1, top - 1], [left - 1, bottom + 19], [left - 1, top - 20]];
    drawLabel(context, label, places, [COLOURS[toneOf(track)], "#ffffff"], size, taken);
  }
}

function drawFace(context, face, size) {
  context.lineWidth = 1.5;
  context.strokeStyle = "#ffffff";
  context.strokeRect(...onScreen(face.box, size));
}

// Draws what belongs to a moment, and returns what was drawn, for whoever checks it.
function drawOverlay(canvas, camera, { at, slack }, isWanted) {
  const [context, size] = preparedCanvas(canvas);
  const frame = frameAt(camera.frames, at, slack);
  const rules = inForce(camera.versions, at + slack);
  if (!isWanted) return { frame, boxes: [] };
  const taken = [];
  for (const zone of rules?.zones ?? []) drawZone(context, zone, size, taken);
  for (const face of frame?.faces ?? []) drawFace(context, face, size);
  const tracks = frame?.tracks ?? [];
  const boxes = tracks.map((track) => drawTrack(context, track, size));
  drawLabels(context, tracks, boxes, size, taken);
  return { frame, boxes };
}
