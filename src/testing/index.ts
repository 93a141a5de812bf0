/** Test doubles, for our own tests and for those of users: an embedded API server, fault plans, a clock that obeys. */
export { FakeClock, settle } from './fake-clock.ts';
