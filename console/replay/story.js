// What was decided when and why, as a list that one can go along.

class Story {
  constructor(section, jump) {
    this.section = section;
    this.jump = jump;
  }

  show(data) {
    this.events = data.events;
    const areSeveral = data.cameras.length > 1;
    this.rows = data.events.map((one) => this.row(one, areSeveral));
    this.list = make("ol", {}, ...this.rows);
    this.current = -1;
    this.section.replaceChildren(heading("panel.events"), this.list);
  }

  row(one, areSeveral) {
    const time = make("time", { datetime: new Date(one.at * 1000).toISOString(),
      title: bothTimes(one.at) }, timeOfDay(one.at));
    const where = areSeveral && one.camera ? make("span", { class: "where" }, ` (${one.camera})`) : null;
    const title = make("span", { class: "title" }, sentence(one.title), where);
    const lines = one.lines.map((line) => make("span", { class: "line" }, sentence(line)));
    const onclick = () => this.jump(one.at, one.camera);
    return make("li", {}, make("button", { type: "button", class: `event-${one.type}`, onclick },
      time, title, ...lines));
  }

  // The latest event that is not after a moment is the current one.
  mark(at) {
    const index = lastNotAfter(this.events, at);
    if (index === this.current) return;
    this.rows[this.current]?.removeAttribute("aria-current");
    this.current = index;
    const row = this.rows[index];
    if (!row) return;
    row.setAttribute("aria-current", "true");
    this.keepInView(row);
  }

  // Only the list scrolls: the page must not move under somebody who reads elsewhere on it.
  keepInView(row) {
    const top = row.offsetTop - this.list.offsetTop;
    const isAbove = top < this.list.scrollTop;
    const isBelow = top + row.offsetHeight > this.list.scrollTop + this.list.clientHeight;
    if (isAbove || isBelow) this.list.scrollTop = Math.max(0, top - 40);
  }
}
