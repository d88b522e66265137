// ptx ARCHITECTURE: prints the kernels in PTX, as the library has them compiled for a GPU of that architecture.
#include <stdio.h>
#include <stdlib.h>

#include "cuda/driver.h"

int main(int, char** arguments) { puts(wsam::compile_kernels(atoi(arguments[1])).c_str()); }
