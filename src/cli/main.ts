#!/usr/bin/env node
/** The `wgconv` command: what npm puts on the path. */
import { readFileSync } from 'node:fs';
import { type Manifest, runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as Manifest;

process.exitCode = await runProgram(process.argv.slice(2), manifest, processTerminal());
