#include "value/iterate.h"

#include "value/encoding.h"

namespace sluice {

void Value::Items::Iterator::Load() {
  if (item_ != nullptr) {
    current_ = *item_++;
  } else {
    current_ = encoding::DecodeAt(at_);
  }
}

void Value::Properties::Iterator::Load() {
  if (property_ != nullptr) {
    current_ = *property_++;
  } else {
    current_.name = encoding::ReadText(at_);
    current_.value = encoding::DecodeAt(at_);
  }
}

}  // namespace sluice
