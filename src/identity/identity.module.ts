import { Global, Module, type OnModuleInit } from '@nestjs/common'
import { JwtModule } from '@nestjs/jwt'
import { MongooseModule } from '@nestjs/mongoose'
import { Authenticator } from '../commands/caller.js'
import { AccessTokens } from './access-tokens.js'
import { AccountCache } from './account-cache.js'
import { AccountErasure, ListRestoredAccountsHandler } from './account-erasure.js'
import { AccountAuthenticator } from './account.authenticator.js'
import { ApiKeyList } from './api-key-list.js'
import { ApiKeyStore } from './api-key-store.js'
import { AccountsController } from './api/accounts.controller.js'
import { ApiKeysController } from './api/api-keys.controller.js'
import { AuthController } from './api/auth.controller.js'
import { EraseAccountHandler, GrantRoleHandler, LogOutHandler, RevokeApiKeyHandler } from './commands.js'
import { EndLoginsHandler, LockAccountHandler, UnlockAccountHandler } from './commands/administer-account.js'
import { ChangePasswordHandler } from './commands/change-password.js'
import { ChangeProfileHandler } from './commands/change-profile.js'
import { IssueApiKeyHandler } from './commands/issue-api-key.js'
import { RegisterUserHandler } from './commands/register-user.js'
import { CredentialStore } from './credential-store.js'
import { FirstAdmin } from './first-admin.js'
import { NameClaims } from './name-claims.js'
import { PasswordLogin } from './password-login.js'
import { ProfileController } from './api/profile.controller.js'
import { RolesController } from './api/roles.controller.js'
import { AccountList } from './read-models/account-list.js'
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
  LockAccountHandler,
  UnlockAccountHandler,
  EndLoginsHandler,
]

/** Accounts. Global, because HTTP and sockets ask it who calls. */
@Global()
@Module({
  imports: [JwtModule.register({}), MongooseModule.forFeature([userModel])],
  controllers: [AuthController, ProfileController, ApiKeysController, RolesController, AccountsController],
  providers: [
    ...handlers,
    { provide: Authenticator, useClass: AccountAuthenticator },
    AccessTokens,
    AccountCache,
    AccountErasure,
    ApiKeyList,
    ApiKeyStore,
    AccountList,
    CredentialStore,
    FirstAdmin,
    NameClaims,
    PasswordLogin,
    UserProfiles,
    Users,
  ],
  exports: [Authenticator, FirstAdmin, AccountList, UserProfiles],
})
export class IdentityModule implements OnModuleInit {
  constructor(
    private readonly claims: NameClaims,
    private readonly keys: ApiKeyStore,
  ) {}

  async onModuleInit(): Promise<void> {
    await Promise.all([this.claims.prepare(), this.keys.prepare()])
  }
}
