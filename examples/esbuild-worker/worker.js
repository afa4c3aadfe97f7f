/** The worker: esbuild makes a file of it, for it is one of the entries. */

import 'wgconv/worker-main';
