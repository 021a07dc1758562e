import { Module } from '@nestjs/common';
import { AppConfig } from '../app.config.js';
import { SessionController } from './session.controller.js';
import { StaffAuthenticator } from './staff.authenticator.js';
import { Staff } from './staff.js';

@Module({
  controllers: [SessionController],
  providers: [AppConfig, Staff, StaffAuthenticator],
  exports: [AppConfig, StaffAuthenticator],
})
export class StaffModule {}
