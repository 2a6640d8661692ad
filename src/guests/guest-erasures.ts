import { Injectable, type OnModuleInit } from '@nestjs/common'
import { Engine } from '../event-store/engine.js'
import { reactor } from '../event-store/projecting/reactor.js'
import type { GuestEvents } from './guest.js'

/** Destroys the key of an erased guest, after its event: may run twice, and in two processes at once. */
@Injectable()
export class GuestErasures implements OnModuleInit {
  constructor(private readonly engine: Engine) {}

  onModuleInit(): void {
    this.engine.addReactor(
      reactor<GuestEvents>('guest-erasures', { GuestErased: (event) => this.erase(event.data.guestId) }),
    )
  }

  /** With the guest's key goes everything that is sealed under it: its chat, its feedback. */
  async erase(guestId: string): Promise<void> {
    await this.engine.vault.destroy(guestId, new Date())
  }
}
