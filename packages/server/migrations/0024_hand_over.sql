-- A settlement that is sent whole, its commit included, before the database has answered: it holds only if every one of its
-- statements changed as many rows as were foreseen. As a serialization failure it is done again, then step by step.
create function pipeline.expect_rows(changed bigint, foreseen integer) returns boolean language plpgsql as $$
begin
  if changed <> foreseen then
    raise exception using errcode = '40001', message = format('%s of %s rows are as they were foreseen', changed, foreseen);
  end if;
  return true;
end
$$;
