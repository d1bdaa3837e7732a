// Similarity over time, one track at a time, against the thresholds that it was judged by.

const CHART = { height: 240, left: 38, right: 124, top: 12, bottom: 26 };

// A linear scale from numbers to pixels, and back.
function scale([low, high], [from, to]) {
  const span = high - low || 1;
  const there = (value) => from + ((value - low) / span) * (to - from);
  there.back = (pixel) => low + ((pixel - from) / (to - from)) * span;
  return there;
}

function tracksWithLooks(camera) {
  return [...new Set(camera.looks.map((look) => look.track))].sort((one, other) => one - other);
}

function thresholdsAt(camera, at) {
  const values = inForce(camera.versions, at)?.thresholds ?? {};
  return ["accept", "accept_together", "reject"]
    .filter((name) => typeof values[name] === "number")
    .map((name) => ({ name, value: values[name] }));
}

function similaritySpan(looks, thresholds) {
  const values = looks.flatMap((look) => [look.similarity, look.together])
    .concat(thresholds.map((one) => one.value))
    .filter((value) => typeof value === "number");
  const low = Math.min(...values, 0.9);
  const high = Math.max(...values, 0.1);
  return [Math.max(-1, low - 0.08), Math.min(1, high + 0.08)];
}

// Some round numbers between two, for an axis.
function roundValues(low, high) {
  const step = [0.02, 0.05, 0.1, 0.2, 0.5].find((one) => (high - low) / one <= 6) ?? 0.5;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, index) => (first + index) * step);
}

// Rising places, moved down where they would be closer together than this.
function spread(places, least) {
  const moved = [];
  for (const place of places) {
    moved.push(moved.length ? Math.max(place, moved[moved.length - 1] + least) : place);
  }
  return moved;
}

class Chart {
  constructor(section, jump) {
    this.section = section;
    this.jump = jump;
  }

  show(data, camera) {
    this.data = data;
    this.camera = camera;
    this.tracks = tracksWithLooks(camera);
    if (!this.tracks.includes(this.track)) {
      this.track = this.tracks.includes(data.alarm?.track) ? data.alarm.track : this.tracks[0];
    }
    this.render();
  }

  render() {
    if (!this.tracks.length) {
      this.section.replaceChildren(heading("panel.chart"), make("p", {}, word("chart.none")));
      return;
    }
    const looks = this.camera.looks.filter((look) => look.track === this.track);
    this.section.replaceChildren(this.head(), this.drawing(looks), this.key(), this.table(looks));
    this.mark(this.at ?? looks[0].at);
  }

  head() {
    const options = this.tracks.map((track) => {
      const chosen = track === this.track ? { selected: "" } : {};
      return make("option", { value: track, ...chosen }, track);
    });
    const select = make("select", { id: "chart-track" }, ...options);
    select.addEventListener("change", () => {
      this.track = Number(select.value);
      this.render();
    });
    const label = make("label", {}, `${word("chart.track")} `, select);
    return make("div", { class: "head" }, heading("panel.chart"), label);
  }

  drawing(looks) {
    const width = Math.max(300, this.section.clientWidth - 24);
    const thresholds = thresholdsAt(this.camera, looks[looks.length - 1].at);
    this.x = scale(spanOf(this.camera), [CHART.left, width - CHART.right]);
    this.y = scale(similaritySpan(looks, thresholds), [CHART.height - CHART.bottom, CHART.top]);
    this.now = makeSvg("line", { class: "moment-line", ...this.upright() });
    const svg = makeSvg(
      "svg",
      { viewBox: `0 0 ${width} ${CHART.height}`, role: "img" },
      makeSvg("title", {}, this.described(looks)),
      ...this.axes(),
      ...this.thresholds(thresholds, width),
      ...this.uprights(),
      ...looks.flatMap((look) => this.points(look)),
      this.now,
    );
    svg.addEventListener("click", (event) => this.jumpTo(svg, event));
    return svg;
  }

  described(looks) {
    const values = looks.map((look) => look.similarity).filter((value) => value !== null);
    const shown = (value) => (values.length ? value.toFixed(3) : null);
    return say("chart.describe", {
      track: this.track, looks: looks.length,
      low: shown(Math.min(...values)), high: shown(Math.max(...values)),
    });
  }

  jumpTo(svg, event) {
    const box = svg.getBoundingClientRect();
    this.jump(this.x.back((event.clientX - box.left) * (svg.viewBox.baseVal.width / box.width)));
  }

  upright() {
    return { y1: CHART.top, y2: CHART.height - CHART.bottom };
  }

  axes() {
    const [from, to] = spanOf(this.camera);
    const ends = [[from, "start"], [to, "end"]].map(([at, anchor]) =>
      makeSvg("text", { x: this.x(at), y: CHART.height - 8, "text-anchor": anchor }, timeOfDay(at)));
    const { y1, y2 } = this.upright();
    return ends.concat(roundValues(this.y.back(y2), this.y.back(y1)).flatMap((value) => [
      makeSvg("line", { class: "axis", ...this.across(value) }),
      makeSvg("text", { x: CHART.left - 6, y: this.y(value) + 4, "text-anchor": "end" },
        value.toFixed(2)),
    ]));
  }

  across(value) {
    const [from, to] = spanOf(this.camera).map(this.x);
    return { x1: from, x2: to, y1: this.y(value), y2: this.y(value) };
  }

  // The highest first, so that each label can make room for the one above it.
  thresholds(thresholds, width) {
    const falling = [...thresholds].sort((one, other) => other.value - one.value);
    const places = spread(falling.map((one) => this.y(one.value) + 4), 13);
    return falling.flatMap((one, index) => this.threshold(one, places[index], width));
  }

  threshold({ name, value }, y, width) {
    const tone = name === "reject" ? "reject" : "accept";
    return [
      makeSvg("line", { class: `threshold ${tone}`, ...this.across(value) }),
      makeSvg("text", { class: tone, x: width - CHART.right + 6, y },
        `${word(`chart.${name}`)} ${value.toFixed(3)}`),
    ];
  }

  uprights() {
    const own = this.data.events.filter((one) =>
      one.track === this.track && one.camera === this.camera.camera);
    const alarms = own.filter((one) => one.type === "alarm").slice(0, 1);
    const deadlines = own.filter((one) => one.deadline_at).slice(0, 1);
    return [
      ...deadlines.flatMap((one) => this.marked(one.deadline_at, "deadline")),
      ...alarms.flatMap((one) => this.marked(one.at, "alarm")),
    ];
  }

  marked(at, name) {
    const [from, to] = spanOf(this.camera);
    if (at < from || at > to) return [];
    const x = this.x(at);
    const y = name === "alarm" ? CHART.top + 8 : CHART.top + 22;
    return [
      makeSvg("line", { class: `${name}-line`, x1: x, x2: x, ...this.upright() }),
      makeSvg("text", { x: x + 4, y }, word(`chart.${name}`)),
    ];
  }

  points(look) {
    const x = this.x(look.at);
    const drawn = [];
    if (look.together !== null) {
      const y = this.y(look.together);
      drawn.push(makeSvg("path", { class: "together", d: `M${x} ${y - 5}l5 5l-5 5l-5 -5z` }));
    }
    if (look.similarity !== null) {
      const r = Math.min(8, 2.5 + (look.size_px ?? 0) / 30);
      const tip = `${timeOfDay(look.at)} · ${look.similarity.toFixed(3)} · ${look.name ?? "-"}`;
      drawn.push(makeSvg("circle", { class: "look", cx: x, cy: this.y(look.similarity), r },
        makeSvg("title", {}, tip)));
    }
    return drawn;
  }

  key() {
    return make("p", { class: "key" },
      make("span", {}, `● ${word("chart.single")}`),
      make("span", {}, `◇ ${word("chart.together")}`));
  }

  table(looks) {
    const fixed = (value, digits) => (typeof value === "number" ? value.toFixed(digits) : "-");
    const headings = ["fact.time", "fact.similarity", "fact.person", "chart.together",
      "fact.face_px", "fact.quality"].map(word);
    const rows = looks.map((look) => [timeOfDay(look.at), fixed(look.similarity, 3), look.name,
      fixed(look.together, 3), fixed(look.size_px, 0), fixed(look.quality, 2)]);
    const summary = make("summary", {}, word("chart.table"));
    return make("details", {}, summary, dataTable(headings, rows));
  }

  // Where the player is.
  mark(at) {
    this.at = at;
    if (!this.now || !this.tracks.length) return;
    const [from, to] = spanOf(this.camera);
    const x = this.x(Math.min(Math.max(at, from), to));
    this.now.setAttribute("x1", x);
    this.now.setAttribute("x2", x);
  }
}
