const anchors = new Map([...document.querySelectorAll(".sections a")].map((link) => [link.hash.slice(1), link]));

function follow() {
  const parts = [...anchors.keys()].map((name) => document.getElementById(name));
  const ended = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
  const here = ended ? parts.at(-1) : parts.findLast((part) => part.getBoundingClientRect().top < innerHeight / 3) ?? parts[0];
  const link = anchors.get(here.id), bar = link.closest(".sections");
  if (link.hasAttribute("aria-current")) return;
  for (const other of anchors.values()) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  bar.scrollLeft = link.offsetLeft - (bar.clientWidth - link.offsetWidth) / 2; // on a phone the bar is wider than the page
}
follow();
addEventListener("scroll", follow, { passive: true });
