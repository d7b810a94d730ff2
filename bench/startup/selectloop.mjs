// The cost of importing the library.
import 'selectloop';
