import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withoutPaths } from './without-paths.js';

describe('the reason why the journal is not ready, as everybody is told it', () => {
  it.each([
    ['data/stepcast.db: database or disk is full: the disk is full; free some space', './data'],
    ['/srv/my data/stepcast.db: database or disk is full: the disk is full; free some space', '/srv/my data'],
    [`${resolve('data')}/stepcast.db: database or disk is full: the disk is full; free some space`, 'data/'],
  ])('names the file, and not where it is: %s', (reason, folder) => {
    expect(withoutPaths(reason, folder)).toBe('stepcast.db: database or disk is full: the disk is full; free some space');
  });

  it.each([
    ["EACCES: permission denied, mkdir '/srv/secret/data': give the process the right to write to the data folder", "EACCES: permission denied, mkdir …: give the process the right to write to the data folder"],
    ['unable to open /var/lib/stepcast/x.db-wal: check ../etc/limits', 'unable to open …: check …'],
    ["ENOTDIR: not a directory, mkdir 'C:\\Users\\ann\\data'", 'ENOTDIR: not a directory, mkdir …'],
  ])('names no other path: %s', (reason, told) => expect(withoutPaths(reason, './data')).toBe(told));

  it('leaves all else as it is', () => {
    const reason = 'it is damaged; delete the -wal and -shm files beside it, and/or set STEPCAST_DATA_DIR (ulimit -f); the input/output error is 522';
    expect(withoutPaths(reason, './data')).toBe(reason);
  });
});
