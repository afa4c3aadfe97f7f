/** The page that is soaked. */

import { countDevices, type Held, held } from './live-objects.ts';
import { soakModels } from './models.ts';
import { Soak, type SoakTally } from './soak.ts';

export interface PageState extends Held {
  readonly sessions: number;
}

declare global {
  interface Window {
    /** Resolves after a warm-up. */
    startSoak(paths: readonly string[], seed: number): Promise<void>;
    /** Set by who drives the page. */
    soakModel(name: string): void;
    soakStretch(seconds: number): Promise<SoakTally>;
    soakState(): PageState;
    endSoak(): Promise<void>;
  }
}

countDevices();

let soak: Soak | undefined;

window.startSoak = async (paths, seed) => {
  soak = new Soak(soakModels(paths), seed);
  await soak.warmUp((name) => window.soakModel(name));
};
window.soakStretch = (seconds) => {
  if (!soak) throw new Error('startSoak() comes first');
  return soak.stretch(seconds);
};
window.soakState = () => ({ ...held(), sessions: soak?.sessions ?? 0 });
window.endSoak = async () => soak?.close();
