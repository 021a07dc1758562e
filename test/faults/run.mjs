/** `npm run test:faults -- 500`: kills the service 500 times. `FAULT_SEED=… ` in front draws what a failed run has drawn. */
import { spawnSync } from 'node:child_process';

const [kills = '100'] = process.argv.slice(2);
if (!/^[1-9]\d{0,5}$/.test(kills)) {
  process.stderr.write(`"${kills}" is no number of kills: npm run test:faults -- 500\n`);
  process.exit(2);
}
const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--config', 'jest.faults.config.js'];
const { status } = spawnSync(process.execPath, jest, { stdio: 'inherit', env: { ...process.env, FAULT_KILLS: kills } });
process.exit(status ?? 1);
