import { Global, Module, type OnModuleInit } from '@nestjs/common'
import { JwtModule } from '@nestjs/jwt'
import { MongooseModule } from '@nestjs/mongoose'
import { Authenticator } from '../commands/caller.js'
import { AccountCache } from './account-cache.js'
import { AccountAuthenticator } from './account.authenticator.js'
import { ApiKeysController } from './api/api-keys.controller.js'
import { AuthController } from './api/auth.controller.js'
import { Claims } from './claims.js'
import { ChangePasswordHandler } from './commands/change-password.js'
import { ChangeProfileHandler } from './commands/change-profile.js'
import { EraseAccountHandler } from './commands/erase-account.js'
import { GrantRoleHandler } from './commands/grant-role.js'
import { IssueApiKeyHandler } from './commands/issue-api-key.js'
import { LogOutHandler } from './commands/log-out.js'
import { RegisterUserHandler } from './commands/register-user.js'
import { RevokeApiKeyHandler } from './commands/revoke-api-key.js'
import { CredentialStore } from './credentials.js'
import { Erasures } from './erasures.js'
import { FirstAdmin } from './first-admin.js'
import { Logins } from './logins.js'
import { ProfileController } from './api/profile.controller.js'
import { ListRestoredAccountsHandler } from './read-models/list-restored-accounts.js'
import { RolesController } from './api/roles.controller.js'
import { Tokens } from './tokens.js'
import { UniqueNames } from './unique-names.js'
import { UserProfiles } from './read-models/user-profiles.js'
import { Users } from './users.js'
import { userModel } from './read-models/users.js'

const handlers = [
  ChangePasswordHandler,
  ChangeProfileHandler,
  EraseAccountHandler,
  GrantRoleHandler,
  IssueApiKeyHandler,
  LogOutHandler,
  RegisterUserHandler,
  ListRestoredAccountsHandler,
  RevokeApiKeyHandler,
]

/** Accounts. Global, because the edge asks it who calls. */
@Global()
@Module({
  imports: [JwtModule.register({}), MongooseModule.forFeature([userModel])],
  controllers: [AuthController, ProfileController, ApiKeysController, RolesController],
  providers: [
    ...handlers,
    { provide: Authenticator, useClass: AccountAuthenticator },
    AccountCache,
    Claims,
    CredentialStore,
    Erasures,
    FirstAdmin,
    Logins,
    Tokens,
    UniqueNames,
    UserProfiles,
    Users,
  ],
  exports: [Authenticator, FirstAdmin],
})
export class IdentityModule implements OnModuleInit {
  constructor(
    private readonly claims: Claims,
    private readonly credentials: CredentialStore,
  ) {}

  async onModuleInit(): Promise<void> {
    await Promise.all([this.claims.prepare(), this.credentials.prepare()])
  }
}
