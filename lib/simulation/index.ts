/** `selectloop/simulation`: runs programs on simulated hosts, with faults from a seed. */

export { SimulationFailure, type SimulationChange } from './world/failure.js';
export { simulate } from './world/simulate.js';
export type {
  Build,
  CrashOptions,
  FaultOptions,
  HostOptions,
  InjectedCall,
  LinkOptions,
  Packet,
  PartitionOptions,
  Program,
  SimulateOptions,
  SimulatedHost,
  SimulationOutcome,
  SocketRow,
  World,
} from './world/types.js';
