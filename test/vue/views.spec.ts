/** `stepcast/vue` in a real Chromium. */
import { describeViews } from '../views/views.suite.js';

describeViews('stepcast/vue', { entry: 'test/vue/pages/harness.ts', picture: 'vue-monitor' });
