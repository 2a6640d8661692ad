import 'reflect-metadata'
import type { ExecutionContext } from '@nestjs/common'
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js'
import { Reflector } from '@nestjs/core'
import { UnknownInputGuard } from '../../../src/http/unknown-input.guard.js'

class Logout {
  logOut(this: void) {}
}

/** A request with a body, for a handler whose parameters Nest keeps under these keys. */
function requestFor(...keys: string[]): ExecutionContext {
  Reflect.defineMetadata(ROUTE_ARGS_METADATA, Object.fromEntries(keys.map((key) => [key, {}])), Logout, 'logOut')
  const request = { query: {}, body: { everywhere: true } }
  return {
    getType: () => 'http',
    getClass: () => Logout,
    getHandler: (): unknown => Reflect.get(Logout.prototype, 'logOut'),
    switchToHttp: () => ({ getRequest: () => request }),
  } as unknown as ExecutionContext
}

const guard = new UnknownInputGuard(new Reflector())

describe('the guard of unknown input', () => {
  it('lets a body through where the handler takes one', () => expect(guard.canActivate(requestFor('3:0'))).toBe(true))

  // Nest gives a decorator of ours a random name, and 3 is its number for a body.
  it.each(['3f9c__customRouteArgs__:0', '3__customRouteArgs__:1'])('does not take %s for a body', (key) =>
    expect(() => guard.canActivate(requestFor(key))).toThrow('everywhere'),
  )
})
