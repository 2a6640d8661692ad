import { Injectable } from '@nestjs/common'
import { KeyErasures } from '../commands/key-erasures.js'
import { Engine } from '../event-store/engine.js'
import { reactor } from '../event-store/projecting/reactor.js'
import type { GuestEvents } from './guest.js'

@Injectable()
export class GuestErasures extends KeyErasures {
  constructor(engine: Engine) {
    super(engine, (erase) => reactor<GuestEvents>('guest-erasures', { GuestErased: ({ data }) => erase(data.guestId) }))
  }
}
