#include "functions/functions.h"

#include "functions/boolean_logic/boolean_logic.h"
#include "functions/booleans/booleans.h"
#include "functions/bytes/bytes.h"
#include "functions/comparisons/comparisons.h"
#include "functions/dates/dates.h"
#include "functions/deprecated/deprecated.h"
#include "functions/dictionaries/dictionaries.h"
#include "functions/encryption/encryption.h"
#include "functions/json/json.h"
#include "functions/lists/lists.h"
#include "functions/math/math.h"
#include "functions/misc/misc.h"
#include "functions/namespaces/namespaces.h"
#include "functions/nulls/nulls.h"
#include "functions/numbers/numbers.h"
#include "functions/phonenumbers/phonenumbers.h"
#include "functions/sets/sets.h"
#include "functions/strings/strings.h"
#include "functions/uris/uris.h"
#include "functions/uuids/uuids.h"

namespace sluice::functions {

void AddAll(dtl::Catalogue& catalogue) {
  AddBooleanLogic(catalogue);
  AddBooleans(catalogue);
  AddBytes(catalogue);
  AddComparisons(catalogue);
  AddDates(catalogue);
  AddDeprecated(catalogue);
  AddDictionaries(catalogue);
  AddEncryption(catalogue);
  AddJson(catalogue);
  AddLists(catalogue);
  AddMath(catalogue);
  AddMisc(catalogue);
  AddNamespaces(catalogue);
  AddNulls(catalogue);
  AddNumbers(catalogue);
  AddPhonenumbers(catalogue);
  AddSets(catalogue);
  AddStrings(catalogue);
  AddUris(catalogue);
  AddUuids(catalogue);
}

}  // namespace sluice::functions
