/** The guide to Vue: its pages compiled and run. */
import { describeGuide } from './pages.suite.js';

describeGuide('vue');
