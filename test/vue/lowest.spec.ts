/** `stepcast/vue` with the lowest version of Vue that is supported, in a real Chromium. */
import { describeLowest } from '../views/views.suite.js';

describeLowest('stepcast/vue', 'test/vue/pages/harness.ts', '3.4.38');
