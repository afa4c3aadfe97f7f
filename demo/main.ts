/// <reference types="svelte" />
/// <reference types="vite/client" />
/** Starts the demo site: theme and language first, so that nothing flashes, then the pages. */

import { mount } from 'svelte';
import App from './App.svelte';
import { followLanguage } from './lib/i18n.ts';
import { followTheme } from './lib/theme.ts';
import './styles/tokens.css';
import './styles/base.css';

followTheme();
followLanguage();

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');
mount(App, { target });
