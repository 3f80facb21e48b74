// The door of the announcer.

export { Announcer, type AnnouncerOptions, type AnnouncerParts } from './announcer.ts';
