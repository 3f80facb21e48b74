// The door of the controllers.

export { type LoadBalancerOptions, loadBalancerModes } from './loadbalancer/options.ts';
export {
  type ControllerName,
  type Controllers,
  type ControllersOptions,
  type ControllersParts,
  controllerNames,
  startControllers,
} from './start.ts';
