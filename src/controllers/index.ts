// The door of the controllers.

export { type ControllersOptions, type ControllersParts, startControllers } from './start.ts';
