/** The script of the worker: answers the sessions of `wgconv/worker`. A worker of one's own imports it. */

import { expose } from 'comlink';
import { readyMessage } from './messages.ts';
import { SessionHost } from './session-host.ts';

expose(new SessionHost());
// Who asked before this script was there asks again.
globalThis.postMessage(readyMessage);
