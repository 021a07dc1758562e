import { Module } from '@nestjs/common';
import { StreamingModule } from 'stepcast';
import { AppConfig } from './app.config.js';
import { OrdersModule } from './orders/orders.module.js';
import { StaffAuthenticator } from './staff/staff.authenticator.js';
import { StaffModule } from './staff/staff.module.js';

@Module({
  imports: [
    StreamingModule.forRootAsync({
      imports: [StaffModule],
      inject: [AppConfig, StaffAuthenticator],
      useFactory: ({ dataDir }: AppConfig, authenticator: StaffAuthenticator) => ({ dataDir, authenticator }),
    }),
    StaffModule,
    OrdersModule,
  ],
})
export class AppModule {}
