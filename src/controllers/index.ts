// The door of the controllers.

export {
  type ControllerName,
  type ControllersOptions,
  type ControllersParts,
  controllerNames,
  startControllers,
} from './start.ts';
