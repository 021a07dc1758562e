/**
 * All faults in their long form. `npm run test:faults -- 500` kills the service 500 times; `FAULT_SEED=… ` in front draws
 * what a failed run has drawn. A second argument names the specs to be run: `npm run test:faults -- 500 kill`.
 */
import { spawnSync } from 'node:child_process';

const [kills = '100', ...specs] = process.argv.slice(2);
if (!/^[1-9]\d{0,5}$/.test(kills)) {
  process.stderr.write(`"${kills}" is no number of kills: npm run test:faults -- 500\n`);
  process.exit(2);
}
const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--config', 'jest.faults.config.js', ...specs];
const { status } = spawnSync(process.execPath, jest, { stdio: 'inherit', env: { ...process.env, FAULT_KILLS: kills, FAULT_LONG: '1' } });
process.exit(status ?? 1);
