/** Three drawn people, shaded enough that a face detector takes them for people. */

interface Person {
  /** The middle of the face, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** Degrees, clockwise. */
  readonly tilt: number;
  /** Light, middle, shade. */
  readonly skin: readonly [string, string, string];
  readonly hair: string;
  readonly cut: 'short' | 'long' | 'bun';
  readonly iris: string;
  readonly shirt: string;
  readonly glasses: boolean;
}

const everyone: readonly Person[] = [
  {
    ...{ x: 170, y: 215, size: 1, tilt: -4, cut: 'short', glasses: false },
    ...{ skin: ['#f3cfb4', '#e0ad8b', '#b97f5e'], hair: '#4a2f1d', iris: '#4d6b3c' },
    shirt: '#2f6f8f',
  },
  {
    ...{ x: 400, y: 185, size: 1.12, tilt: 3, cut: 'bun', glasses: false },
    ...{ skin: ['#8d5a3b', '#74452b', '#4c2a18'], hair: '#1b1310', iris: '#2b1a10' },
    shirt: '#c8553d',
  },
  {
    ...{ x: 625, y: 230, size: 0.92, tilt: 6, cut: 'long', glasses: true },
    ...{ skin: ['#eec39a', '#d8a070', '#a8703f'], hair: '#151515', iris: '#3a2415' },
    shirt: '#5a7d4f',
  },
];

/** The picture as SVG, 800 × 450. */
export function people(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="450">
  <defs>
    <linearGradient id="sky" x2="0" y2="1">
      <stop offset="0" stop-color="#cfe0ea"/><stop offset="1" stop-color="#eadfce"/>
    </linearGradient>
    ${everyone.map(shades).join('')}
  </defs>
  <rect width="800" height="450" fill="url(#sky)"/>
  ${everyone.map(person).join('')}
</svg>`;
}

function shades({ skin: [light, middle, shade] }: Person, id: number): string {
  return `
    <radialGradient id="skin${id}" cx=".42" cy=".4" r=".75">
      <stop offset="0" stop-color="${light}"/><stop offset=".65" stop-color="${middle}"/>
      <stop offset="1" stop-color="${shade}"/>
    </radialGradient>
    <linearGradient id="side${id}">
      <stop offset=".55" stop-opacity="0"/><stop offset="1" stop-opacity=".28"/>
    </linearGradient>
    <linearGradient id="neck${id}" x2="0" y2="1">
      <stop offset="0" stop-color="${shade}"/><stop offset="1" stop-color="${middle}"/>
    </linearGradient>
    <linearGradient id="nose${id}">
      <stop offset="0" stop-color="${light}" stop-opacity=".7"/>
      <stop offset="1" stop-color="${shade}" stop-opacity=".55"/>
    </linearGradient>`;
}

function person(one: Person, id: number): string {
  const { x, y, size, tilt, skin, hair, cut, shirt, glasses } = one;
  const [, middle, shade] = skin;
  const face = 'M-66 -20C-66 -96 66 -96 66 -20C68 36 46 92 0 94C-46 92 -68 36 -66 -20Z';
  return `
  <g transform="translate(${x} ${y}) scale(${size})">
    ${cut === 'long' ? `<path d="M-80 -20C-95 -130 95 -130 80 -20L86 110Q0 150 -86 110Z" fill="${hair}"/>` : ''}
    ${cut === 'bun' ? `<circle cy="-112" r="34" fill="${hair}"/>` : ''}
    <path d="M-150 260C-150 150 -70 128 -34 112L34 112C70 128 150 150 150 260Z" fill="${shirt}"/>
    <path d="M-34 60L-36 116Q0 150 36 116L34 60Z" fill="url(#neck${id})"/>
    <g transform="rotate(${tilt})">
      <ellipse cx="-67" cy="2" rx="11" ry="19" fill="${middle}"/>
      <ellipse cx="67" cy="2" rx="11" ry="19" fill="${middle}"/>
      <path d="${face}" fill="url(#skin${id})"/>
      <path d="${face}" fill="url(#side${id})"/>
      ${eye(one, id, -1)}${eye(one, id, 1)}
      <path d="M-5 -4Q-9 18 -13 27Q-9 35 0 35Q9 35 13 27Q9 18 5 -4" fill="url(#nose${id})"/>
      <path d="M-13 28Q-9 34 -5 31M13 28Q9 34 5 31" stroke="${shade}" stroke-width="2.6" fill="none"/>
      <ellipse cx="-38" cy="30" rx="15" ry="11" fill="#d9534f" opacity=".13"/>
      <ellipse cx="38" cy="30" rx="15" ry="11" fill="#d9534f" opacity=".13"/>
      <path d="M-24 55Q-10 49 0 53Q10 49 24 55Q0 74 -24 55Z" fill="#a24a48"/>
      <path d="M-20 56Q0 60 20 56Q0 65 -20 56Z" fill="#f4eeea"/>
      <path d="M-12 76Q0 81 12 76" stroke="${shade}" stroke-width="2" fill="none" opacity=".5"/>
      <path d="${fringe(cut)}" fill="${hair}"/>
      ${glasses ? spectacles : ''}
    </g>
  </g>`;
}

/** The hair over the forehead. */
function fringe(cut: Person['cut']): string {
  return cut === 'short'
    ? 'M-70 -10C-82 -120 82 -124 70 -10C66 -40 58 -54 40 -60C10 -52 -30 -50 -50 -60C-62 -44 -66 -30 -70 -10Z'
    : 'M-70 0C-84 -122 84 -122 70 0C66 -36 48 -62 4 -66C-44 -62 -64 -36 -70 0Z';
}

/** The eye on one side: lid, white, iris, and the brow above. */
function eye({ skin: [, , shade], hair, iris }: Person, id: number, side: -1 | 1): string {
  const white = 'M-13 1Q0 -10 13 1Q0 8 -13 1Z';
  const clip = `eye${id}${side < 0 ? 'left' : 'right'}`;
  return `
      <g transform="translate(${side * 27} -8)">
        <ellipse rx="17" ry="10" fill="${shade}" opacity=".35"/>
        <clipPath id="${clip}"><path d="${white}"/></clipPath>
        <path d="${white}" fill="#f6f2ee"/>
        <g clip-path="url(#${clip})">
          <circle cy="-1" r="6.6" fill="${iris}"/><circle cy="-1" r="3.2" fill="#0b0807"/>
          <circle cx="2" cy="-3" r="1.4" fill="#fff"/>
        </g>
        <path d="M-14 1Q0 -12 14 1" fill="none" stroke="#24160f" stroke-width="2.6"/>
        <path d="M-17 -15Q${-2 * side} -24 17 -16" fill="none" stroke="${hair}" stroke-width="5"/>
      </g>`;
}

const spectacles = `<g fill="none" stroke="#222" stroke-width="3">
        <circle cx="-27" cy="-8" r="20"/><circle cx="27" cy="-8" r="20"/>
        <path d="M-7 -10Q0 -14 7 -10M-47 -10L-64 -14M47 -10L64 -14"/>
      </g>`;
