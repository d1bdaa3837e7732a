// Words and sentences out of the one table. Whatever a sentence is filled with stays text.

const LANGUAGES = ["en", "zh"];
const speech = { table: {}, language: "en" };

function preferredLanguage(wanted) {
  const first = wanted.find((one) => LANGUAGES.includes(one.slice(0, 2).toLowerCase()));
  return first ? first.slice(0, 2).toLowerCase() : "en";
}

function word(key) {
  const names = speech.table[key];
  // a code that the table does not know is shown as it is
  if (!names) return key.slice(key.indexOf(".") + 1).replaceAll("_", " ");
  return names[LANGUAGES.indexOf(speech.language)];
}

function valueText(value) {
  if (value === null || value === undefined) return "-";
  if (typeof value !== "object") return String(value);
  return "at" in value ? siteTime(value.at) : word(value.word);
}

function say(key, values = {}) {
  // one pass: braces in a value are only braces
  return word(key).replace(/\{(\w+)\}/g, (_, name) => valueText(values[name]));
}

function sentence(said) {
  return say(said.say, said.with);
}
