/** The board of a bakery, a little crooked: text of several sizes, fonts and colours to be read. */

const loaves: readonly (readonly [string, string])[] = [
  ['Rye bread', '4.20'],
  ['Sesame rolls', '2.75'],
  ['Apple cake', '3.60'],
];

/** The picture as SVG, 720 × 480. */
export function sign(): string {
  const rows = loaves.map(
    ([name, price], at) => `
    <text x="56" y="${196 + at * 58}" font-size="31" fill="#f3ead8">${name}</text>
    <text x="500" y="${196 + at * 58}" font-size="31" fill="#ffd479" text-anchor="end">${price}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="480">
  <defs>
    <linearGradient id="wall" x2="1" y2="1">
      <stop offset="0" stop-color="#d9c6ad"/><stop offset="1" stop-color="#a98f73"/>
    </linearGradient>
    <linearGradient id="board" x2="0" y2="1">
      <stop offset="0" stop-color="#2f3a3a"/><stop offset="1" stop-color="#1c2424"/>
    </linearGradient>
  </defs>
  <rect width="720" height="480" fill="url(#wall)"/>
  <g transform="translate(60 40) rotate(3)" font-family="DejaVu Sans">
    <rect x="6" y="10" width="560" height="400" rx="10" fill="#000" opacity=".25"/>
    <rect width="560" height="400" rx="10" fill="#7a5230"/>
    <rect x="14" y="14" width="532" height="372" rx="4" fill="url(#board)"/>
    <text x="280" y="96" font-size="58" font-family="Liberation Serif" font-style="italic"
      text-anchor="middle" fill="#fff">Corner Bakery</text>
    <path d="M56 124H504" stroke="#ffd479" stroke-width="2"/>
    ${rows.join('')}
    <text x="280" y="362" font-size="20" text-anchor="middle" fill="#b9d6cf">open 7 am to 6 pm, closed on Mondays</text>
  </g>
  <g transform="translate(668 108) rotate(90)">
    <rect x="-24" y="-30" width="248" height="52" rx="6" fill="#9c2f2a"/>
    <text x="100" y="8" font-size="30" font-family="DejaVu Sans" font-weight="bold"
      text-anchor="middle" fill="#fff">FRESH DAILY</text>
  </g>
</svg>`;
}
