// The fragment of the address: `#view.death=measure.RR*without.huet-2020&view.infection=random.REML`. Every change is a
// step that the browser's back button takes back.

const places = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-explore]")]);
const explorers = places.flatMap((place) => {
  const key = place.dataset.explore ?? "";
  /** @type {(Explorer | Sorter)[]} */
  const made = [];
  if (Object.hasOwn(DATA.analyses, key)) made.push(new Explorer(key, place));
  else if (Object.hasOwn(DATA.sorted, key)) made.push(new Sorter(key, place));
  return made;
});

const said = make("p", { className: "address", role: "status" });
document.querySelector("#results-title")?.after(said);

function viewsText() {
  return explorers
    .filter((one) => one.text)
    .map((one) => `${VIEW}${one.key}=${one.text}`)
    .join("&");
}

function writeAddress() {
  const text = viewsText();
  said.textContent = "";
  if (text === location.hash.slice(1)) return;
  history.pushState(null, "", text ? `#${text}` : location.pathname + location.search);
}

function readAddress() {
  const hash = location.hash.slice(1);
  if (hash && !hash.startsWith(VIEW)) return; // a place on the page, not a view
  /** @type {string[]} */
  const unknown = [],
    views = new Map();
  for (const part of hash ? hash.split("&") : []) {
    const [name, ...rest] = part.split("="),
      one = explorers.find(({ key }) => `${VIEW}${key}` === name);
    if (one) views.set(one, rest.join("="));
    else unknown.push(part);
  }
  for (const one of explorers) unknown.push(...one.read(views.get(one) ?? ""));
  said.textContent = unknown.length
    ? `The address asks for what this page does not have; that part of it was ignored: ${unknown.join(", ")}`
    : "";
  if (hash) explorers.find((one) => one.text)?.view.scrollIntoView();
}
readAddress();
addEventListener("hashchange", readAddress);
