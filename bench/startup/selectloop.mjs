// What loading the library costs.
import 'selectloop';
