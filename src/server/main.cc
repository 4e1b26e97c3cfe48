#include <fmt/core.h>
int main() { fmt::print("sluice\n"); }
