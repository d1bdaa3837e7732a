// One camera at a time: its videos, and the moment that is shown. The moment is wall clock; where
// a video plays, the video leads, and the boxes follow the picture that is really on the screen.

const GAP_S = 2.0; // a gap is played through in so long at most

class Player {
  constructor(stage, tell) {
    this.stage = stage;
    this.tell = tell; // called whenever the moment, or what is shown of it, has changed
    this.videos = new Map();
    this.failed = new Set();
    this.rate = 1;
    this.playing = false;
    this.at = 0;
    this.part = -1;
    this.lastTick = null;
  }

  open(camera, at) {
    this.pause();
    this.camera = camera;
    this.steps = stepsOf(camera);
    this.span = spanOf(camera);
    const sized = camera.parts.find((part) => part.size_wh);
    if (sized) this.setRatio(...sized.size_wh);
    this.seek(at);
  }

  setRatio(width, height) {
    this.stage.style.setProperty("--ratio", String(width / height));
  }

  get video() {
    const part = this.camera?.parts[this.part];
    return part ? this.videos.get(part) ?? null : null;
  }

  get slack() {
    return slackOf(this.camera.parts[this.part]);
  }

  // A file is given to the browser when it is first wanted: several long ones need not be open.
  videoOf(part) {
    if (part.media === null || this.failed.has(part)) return null;
    if (!this.videos.has(part)) this.videos.set(part, this.makeVideo(part));
    return this.videos.get(part);
  }

  makeVideo(part) {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    video.addEventListener("loadedmetadata", () => {
      if (this.video === video) this.setRatio(video.videoWidth, video.videoHeight);
    });
    video.addEventListener("seeked", () => this.showed(video, video.currentTime));
    video.addEventListener("ended", () => this.playOn(video, part));
    video.addEventListener("error", () => this.fail(part, video));
    this.followPictures(video);
    video.src = mediaUrl(part.media);
    this.stage.prepend(video);
    return video;
  }

  // The browser says which picture it has put on the screen; where it cannot, its time must do.
  followPictures(video) {
    if (!video.requestVideoFrameCallback) {
      video.addEventListener("timeupdate", () => this.showed(video, video.currentTime));
      return;
    }
    const follow = (_, facts) => {
      if (!video.seeking) this.showed(video, facts.mediaTime);
      video.requestVideoFrameCallback(follow);
    };
    video.requestVideoFrameCallback(follow);
  }

  showed(video, seconds) {
    if (this.video !== video) return;
    const part = this.camera.parts[this.part];
    this.at = momentOfPicture(part, pictureAt(part.times_s, seconds));
    this.tell();
  }

  fail(part, video) {
    this.failed.add(part);
    this.videos.delete(part);
    video.remove();
    this.enter(this.part);
    this.tell();
  }

  seek(at) {
    if (!this.span) return;
    this.at = Math.min(Math.max(at, this.span[0]), this.span[1]);
    this.enter(partAt(this.camera.parts, this.at));
    const video = this.video;
    if (video) {
      const part = this.camera.parts[this.part];
      const index = nearestPicture(part, this.at);
      this.at = momentOfPicture(part, index);
      video.currentTime = seekTarget(part.times_s, index);
    }
    this.tell();
  }

  // Make a part the one that is shown; -1 is no part, a gap.
  enter(index) {
    const before = this.video;
    this.part = index;
    const part = this.camera.parts[index];
    const video = part && part.times_s.length ? this.videoOf(part) : null;
    for (const one of this.videos.values()) one.hidden = one !== video;
    if (before && before !== video) before.pause();
    if (video && this.playing) this.run(video);
  }

  run(video) {
    video.playbackRate = this.rate;
    // being paused again before it has begun is no failure
    video.play().catch((error) => { if (error.name !== "AbortError") this.pause(); });
  }

  play() {
    if (!this.span) return;
    this.playing = true;
    if (this.at >= this.steps[this.steps.length - 1] - SAME_S) this.seek(this.span[0]);
    if (this.video) this.run(this.video);
    this.lastTick = null;
    requestAnimationFrame((now) => this.tick(now));
    this.tell();
  }

  pause() {
    this.playing = false;
    this.video?.pause();
    if (this.camera) this.tell();
  }

  setRate(rate) {
    this.rate = rate;
    if (this.video) this.video.playbackRate = rate;
    this.tell();
  }

  // Where no video leads, the moment goes on by itself.
  tick(now) {
    if (!this.playing) return;
    if (!this.video && this.lastTick !== null) this.goOn((now - this.lastTick) / 1000);
    this.lastTick = now;
    requestAnimationFrame((later) => this.tick(later));
  }

  goOn(seconds) {
    const at = this.at + seconds * this.rate * this.haste();
    if (at >= this.span[1]) {
      this.at = this.span[1];
      this.pause();
      return;
    }
    if (partAt(this.camera.parts, at) === this.part) this.at = at;
    else this.seek(at);
    this.tell();
  }

  haste() {
    const next = this.camera.parts.find((part) => part.begin_at > this.at);
    const before = this.camera.parts.findLast((part) => partEnd(part) <= this.at);
    if (this.part >= 0 || !next || !before) return 1;
    return Math.max(1, (next.begin_at - partEnd(before)) / GAP_S);
  }

  playOn(video, part) {
    if (this.video !== video || !this.playing) return;
    if (partEnd(part) + SAME_S >= this.span[1]) this.pause();
    else this.seek(partEnd(part) + 2 * SAME_S);
  }

  // So many pictures on, or back, across the edges of parts.
  step(count) {
    this.pause();
    if (!this.steps?.length) return;
    const here = lastNotAfter(this.steps, this.at, (at) => at);
    // from within a gap, one step back is the picture before it
    const isBetween = here >= 0 && this.at - this.steps[here] > SAME_S;
    const index = here + count + (isBetween && count < 0 ? 1 : 0);
    this.seek(this.steps[Math.min(Math.max(index, 0), this.steps.length - 1)]);
  }
}
