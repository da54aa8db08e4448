// The token of this session, which every question to the server carries.
//
// It comes behind the # of the address, a part that browsers send to nobody, and stays in the storage of this tab
// and this origin. A cookie would not do: cookies ignore ports, so any other server on this machine would get it.

const NAME = "textkind-review-token";
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem(NAME, given);
  history.replaceState(null, "", "/"); // out of the address bar and the tab's history
}
addEventListener("hashchange", () => location.reload()); // a new address in this tab changes no more than its hash

export const token = sessionStorage.getItem(NAME) ?? "";
