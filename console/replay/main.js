// Puts the page together: the case in, the panels out, and keys and buttons to the player.

const SPEEDS = [0.5, 1, 2];

function readBlock(id) {
  return JSON.parse(byId(id).textContent);
}

class Page {
  constructor(data) {
    this.data = data;
    this.boxes = true;
    this.player = new Player(byId("stage"), () => this.shown());
    this.chart = new Chart(byId("chart"), (at) => this.player.seek(at));
    this.story = new Story(byId("story"), (at, camera) => this.jump(at, camera));
  }

  start() {
    setZone(this.data.time_zone);
    speech.language = preferredLanguage(navigator.languages ?? [navigator.language]);
    this.listen();
    this.camera = this.data.cameras[0] ?? null;
    this.render();
    if (this.camera) this.player.open(this.camera, this.firstMoment());
    document.documentElement.dataset.ready = "true";
  }

  // An auditor wants the moment of the alarm first.
  firstMoment() {
    return this.data.alarm?.at ?? spanOf(this.camera)?.[0] ?? 0;
  }

  render() {
    document.documentElement.lang = speech.language === "zh" ? "zh-CN" : "en";
    showHeading(this.data);
    this.nameControls();
    showWhy(byId("why"), this.data);
    this.story.show(this.data);
    showFacts(byId("facts"), this.data);
    showGaps(byId("gaps"), this.data);
    showFiles(byId("files"), this.data);
    this.renderCamera();
  }

  renderCamera() {
    this.showCameras();
    if (!this.camera) {
      this.notice(word("play.nothing"));
      return;
    }
    this.showTrack();
    showPictures(byId("pictures"), this.camera);
    showVersions(byId("versions"), this.camera);
    this.chart.show(this.data, this.camera);
    this.shown();
  }

  choose(camera, at) {
    this.camera = camera;
    this.player.open(camera, at);
    this.renderCamera();
  }

  jump(at, name) {
    const camera = this.data.cameras.find((one) => one.camera === name);
    this.player.pause();
    if (camera && camera !== this.camera) this.choose(camera, at);
    else this.player.seek(at);
  }

  toAlarm() {
    if (this.data.alarm) this.jump(this.data.alarm.at, this.data.alarm.camera);
  }

  nameControls() {
    byId("language").textContent = word("page.language");
    byId("language").lang = speech.language === "zh" ? "en" : "zh-CN";
    for (const [id, sign] of [["back", "◀|"], ["forward", "|▶"]]) {
      byId(id).textContent = sign;
      byId(id).title = word(`play.${id}`);
      byId(id).setAttribute("aria-label", word(`play.${id}`));
    }
    byId("alarm").textContent = word("play.alarm");
    byId("alarm").disabled = !this.data.alarm;
    byId("boxes-word").textContent = word("play.overlay");
    byId("legend").textContent = word("play.legend");
    byId("keys").textContent = word("play.keys");
    byId("seek").setAttribute("aria-label", word("play.seek"));
    byId("speeds").setAttribute("aria-label", word("play.speed"));
  }

  showCameras() {
    const group = byId("cameras");
    group.setAttribute("aria-label", word("play.camera"));
    const cameras = this.data.cameras.length > 1 ? this.data.cameras : [];
    group.replaceChildren(...cameras.map((one) => make("button", {
      type: "button", "aria-pressed": one === this.camera,
      onclick: () => this.choose(one, this.player.at),
    }, one.camera)));
  }

  showSpeeds() {
    byId("speeds").replaceChildren(...SPEEDS.map((rate) => make("button", {
      type: "button", "aria-pressed": rate === this.player.rate,
      onclick: () => this.setRate(rate),
    }, `${rate}×`)));
  }

  setRate(rate) {
    this.player.setRate(rate);
    this.showSpeeds();
  }

  // Parts, gaps and alarms behind the slider.
  showTrack() {
    const span = spanOf(this.camera);
    if (!span) return;
    const share = scale(span, [0, 100]);
    const piece = (kind, from, to) => {
      const mark = make("i", { class: kind });
      mark.style.left = `${Math.max(0, share(from))}%`;
      if (to !== undefined) mark.style.width = `${Math.min(100, share(to)) - Math.max(0, share(from))}%`;
      return mark;
    };
    const alarms = this.data.events.filter((one) =>
      one.type === "alarm" && one.at >= span[0] && one.at <= span[1]);
    byId("track").replaceChildren(
      ...this.camera.parts.map((part) => piece("part", part.begin_at, partEnd(part))),
      ...holesOf(this.camera.parts).map(([from, to]) => piece("gap", from, to)),
      ...alarms.map((one) => piece("mark", one.at)));
    byId("seek").max = Math.round((span[1] - span[0]) * 1000);
  }

  // The player shows another moment: everything that follows it follows.
  shown() {
    if (!this.player.camera || this.player.camera !== this.camera) return;
    const at = this.player.at;
    this.draw(at);
    this.showNotice();
    this.showMoment(at);
    this.story.mark(at + this.player.slack);
    this.chart.mark(at);
    byId("play").textContent = word(this.player.playing ? "play.pause" : "play.play");
  }

  draw(at) {
    const drawn = drawOverlay(byId("overlay"), this.camera, this.player, this.boxes);
    const stage = byId("stage");
    stage.dataset.at = at.toFixed(3);
    stage.dataset.part = this.camera.parts[this.player.part]?.file ?? "";
    stage.dataset.boxes = JSON.stringify(drawn.boxes);
    byId("analysed").textContent = this.analysedText(drawn.frame, at);
  }

  analysedText(frame, at) {
    if (!frame) return word("play.not_analysed");
    const ms = Math.round((at - frame.at) * 1000);
    const isThis = at - frame.at < Math.max(this.player.slack, SAME_S);
    return isThis ? word("play.analysed_now") : say("play.analysed", { ms });
  }

  showMoment(at) {
    const span = this.player.span;
    const text = clock.zone === "UTC" ? utcTime(at) : `${siteTime(at)} · ${timeOfDay(at, "UTC")} UTC`;
    byId("now").textContent = text;
    if (!span) return;
    byId("seek").value = Math.round((at - span[0]) * 1000);
    byId("seek").setAttribute("aria-valuetext", siteTime(at));
  }

  showNotice() {
    const part = this.camera.parts[this.player.part];
    if (!part) this.notice(say("play.gap", { why: this.whyMissing() }));
    else if (this.player.failed.has(part)) this.notice(say("play.failed", { file: part.file }));
    else this.notice(this.player.video ? "" : word("play.no_video"));
  }

  whyMissing() {
    const at = this.player.at;
    const gap = this.data.gaps.find((one) => one.camera === this.camera.camera
      && one.from_at <= at && at <= one.to_at);
    const before = this.camera.parts.findLast((part) => partEnd(part) <= at);
    const why = gap?.reason ?? before?.ended_by;
    return why ? word(`ended.${why}`) : word("play.between");
  }

  notice(text) {
    byId("notice").textContent = text;
    byId("notice").hidden = !text;
  }

  listen() {
    const player = this.player;
    byId("language").addEventListener("click", () => {
      speech.language = speech.language === "en" ? "zh" : "en";
      this.render();
    });
    byId("play").addEventListener("click", () => this.toggle());
    byId("back").addEventListener("click", () => player.step(-1));
    byId("forward").addEventListener("click", () => player.step(1));
    byId("alarm").addEventListener("click", () => this.toAlarm());
    byId("seek").addEventListener("input", (event) =>
      player.seek(player.span[0] + Number(event.target.value) / 1000));
    byId("boxes").addEventListener("change", (event) => {
      this.boxes = event.target.checked;
      this.shown();
    });
    document.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resized()).observe(byId("stage"));
    this.showSpeeds();
  }

  resized() {
    if (!this.camera) return;
    this.shown();
    const width = byId("chart").clientWidth;
    if (width !== this.chartWidth) this.chart.show(this.data, this.camera);
    this.chartWidth = width;
  }

  toggle() {
    if (this.player.playing) this.player.pause();
    else this.player.play();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.camera) return;
    const action = this.actionOf(event);
    if (!action) return;
    event.preventDefault();
    action();
  }

  // A key that the focused element needs for itself stays with it.
  actionOf(event) {
    const own = event.target.closest("button, select, summary, input[type=checkbox]");
    if (own && (own.tagName === "SELECT" || [" ", "Enter"].includes(event.key))) return null;
    const player = this.player;
    const move = (sign) => (event.shiftKey
      ? () => player.seek(player.at + sign) : () => player.step(sign));
    return {
      " ": () => this.toggle(),
      ArrowLeft: move(-1),
      ArrowRight: move(1),
      a: () => this.toAlarm(),
      A: () => this.toAlarm(),
      1: () => this.setRate(SPEEDS[0]),
      2: () => this.setRate(SPEEDS[1]),
      3: () => this.setRate(SPEEDS[2]),
    }[event.key] ?? null;
  }
}

speech.table = readBlock("words");
new Page(readBlock("case")).start();
