import { Injectable } from '@nestjs/common';

/** What the app takes from its environment. */
@Injectable()
export class AppConfig {
  readonly port = Number(process.env['PORT'] ?? 3000);
  /** Folder of Stepcast's journal. */
  readonly dataDir = process.env['DATA_DIR'] ?? './data/nest-app';
  /** Who works here, as `name:token`, separated by commas. */
  readonly staff = process.env['STAFF'] ?? 'anna:anna-token,ben:ben-token';
}
