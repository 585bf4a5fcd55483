// ---- Tables stay tables where a phone's layout changes their display: Safari takes them for plain text otherwise

const ROLES = [
  ["thead, tbody", "rowgroup"],
  ["tr", "row"],
  ["td", "cell"],
  ["thead th", "columnheader"],
  ["tbody th", "rowheader"],
];
for (const table of document.querySelectorAll("table.stack")) {
  table.setAttribute("role", "table");
  for (const [parts, role] of ROLES) for (const part of table.querySelectorAll(parts)) part.setAttribute("role", role);
}
