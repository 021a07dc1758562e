import { Controller, Delete, HttpCode, UseFilters, UseGuards } from '@nestjs/common';
import { AuthGuard, CurrentUser, type Principal, ProblemFilter } from 'stepcast';
import { Staff } from './staff.js';

@Controller('session')
@UseGuards(AuthGuard)
@UseFilters(ProblemFilter)
export class SessionController {
  constructor(private readonly staff: Staff) {}

  @Delete()
  @HttpCode(204)
  logOut(@CurrentUser() { credentialId }: Principal): void {
    this.staff.revoke(credentialId);
  }
}
