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

function drawZone(context, zone, size) {
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
  drawLabel(context, zone.zone, [top[0] + 4, top[1] + 22], COLOURS.zone, "#1b1f24", size);
}

function drawLabel(context, text, [left, bottom], colour, ink, size) {
  const letters = size[0] < 480 ? 10 : 13;
  context.font = `600 ${letters}px system-ui, sans-serif`;
  const width = Math.min(context.measureText(text).width + 10, size[0]);
  const x = Math.max(0, Math.min(left, size[0] - width));
  const y = Math.max(18, Math.min(bottom, size[1]));
  context.fillStyle = colour;
  context.fillRect(x, y - 18, width, 18);
  context.fillStyle = ink;
  context.fillText(text, x + 5, y - 5, width - 10);
}

function drawTrack(context, track, size) {
  const [x, y, width, height] = onScreen(track.box, size);
  const colour = COLOURS[toneOf(track)];
  context.lineWidth = 3;
  context.strokeStyle = colour;
  context.strokeRect(x, y, width, height);
  drawLabel(context, labelOf(track), [x - 1, y - 1], colour, "#ffffff", size);
  return { track: track.track, box: [x, y, x + width, y + height], label: labelOf(track) };
}

function drawFace(context, face, size) {
  context.lineWidth = 1.5;
  context.strokeStyle = "#ffffff";
  context.strokeRect(...onScreen(face.box, size));
}

// Draws what belongs to a moment, and returns what was drawn, for whoever checks it.
function drawOverlay(canvas, camera, at, isWanted) {
  const [context, size] = preparedCanvas(canvas);
  const frame = frameAt(camera.frames, at);
  const rules = inForce(camera.versions, at);
  if (!isWanted) return { frame, boxes: [] };
  for (const zone of rules?.zones ?? []) drawZone(context, zone, size);
  for (const face of frame?.faces ?? []) drawFace(context, face, size);
  return { frame, boxes: (frame?.tracks ?? []).map((track) => drawTrack(context, track, size)) };
}
