/** A stroke that draws a 3: its points, as shares of the drawing area's side. */
export const three = [
  ...([
    [0.3, 0.25],
    [0.45, 0.17],
    [0.62, 0.22],
    [0.64, 0.36],
    [0.46, 0.47],
  ] as const),
  ...([
    [0.65, 0.58],
    [0.66, 0.74],
    [0.5, 0.84],
    [0.3, 0.76],
  ] as const),
] as const;
