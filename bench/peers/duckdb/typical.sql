-- The mapping of ../mappings/typical.json. The columns are named, so that nothing is guessed from the data and what the
-- mapping does not read is passed over.
COPY (
  SELECT
    _id,
    upper(name) AS name,
    name || ' <' || email || '>' AS label,
    coalesce("left", email) AS contact,
    strftime(hired_at, '%Y-%m-%d') AS hired_on,
    strftime(hired_at + INTERVAL 90 DAY, '%d.%m.%Y') AS review,
    CASE WHEN age >= 50 THEN 'senior' ELSE 'regular' END AS seniority,
    CASE address.country WHEN 'NO' THEN 'Norge' WHEN 'SE' THEN 'Sverige' WHEN 'DK' THEN 'Danmark' ELSE 'Utland' END AS region,
    address.street || ', ' || address.zip || ' ' || upper(address.city) AS address_line,
    '~f' || CAST(CAST(salary * 0.12 AS DECIMAL(14, 2)) AS VARCHAR) AS bonus,
    list_transform(tags, lambda tag: '#' || upper(tag)) AS tags,
    array_to_string(tags, ', ') AS tag_line,
    list_contains(tags, 'vip') AS vip,
    CAST(split_part(manager, ':', -1) AS BIGINT) AS manager_no,
    {'city': address.city, 'country': lower(address.country)} AS place,
    CASE WHEN NOT active THEN 'left' WHEN "left" IS NULL THEN 'active' ELSE 'leaving' END AS status
  FROM (
    SELECT *, CAST(substr(hired, 3) AS TIMESTAMP) AS hired_at
    FROM read_json('{input}', format = 'newline_delimited', columns = {
      _id: 'VARCHAR', name: 'VARCHAR', email: 'VARCHAR', age: 'BIGINT', salary: 'DECIMAL(12, 2)', active: 'BOOLEAN',
      manager: 'VARCHAR', hired: 'VARCHAR', "left": 'VARCHAR', tags: 'VARCHAR[]',
      address: 'STRUCT(street VARCHAR, zip VARCHAR, city VARCHAR, country VARCHAR)'})
  )
) TO '{output}' (FORMAT json)
