import type { Redis } from 'ioredis'
import { Announcements } from '../../../src/event-store/log/announcements.js'

/** Announcements that only reach their own process, as without Redis. */
export const silentAnnouncements = () => new Announcements({ status: 'end' } as Redis, 'announcements')
