/** `stepcast/react` with the lowest version of React that is supported, in a real Chromium. */
import { describeLowest } from '../views/views.suite.js';
import { describeStrictMode } from './strict.suite.js';

describeLowest('stepcast/react', 'test/react/pages/harness.tsx', '18.2.0', describeStrictMode);
