/** `stepcast/react` in a real Chromium. */
import { describeViews } from '../views/views.suite.js';
import { describeStrictMode } from './strict.suite.js';

describeViews('stepcast/react', { entry: 'test/react/pages/harness.tsx', picture: 'react-progress' }, describeStrictMode);
