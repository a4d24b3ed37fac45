-- Does in Neovim what a student does, and writes what they see to $SEEN as JSON.

local seen = {}
local buffer = vim.api.nvim_get_current_buf()

local function wait(what, condition)
  assert(vim.wait(60000, condition, 20), "waited in vain for " .. what)
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
end

local function lens_titles()
  local titles = {}
  for _, lens in ipairs(vim.lsp.codelens.get(buffer)) do
    table.insert(titles, lens.command.title)
  end
  return titles
end

local function floating_text()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      return table.concat(lines, "\n")
    end
  end
end

local function write(path)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.fn.readfile(path))
  vim.cmd("write")
end

local function choose(title)
  vim.ui.select = function(items, options, chosen)
    for _, item in ipairs(items) do
      if options.format_item(item):find(title, 1, true) then return chosen(item) end
    end
    error("no lens " .. title)
  end
  vim.fn.cursor(1, 1)
  vim.fn.search("^def greet(")
  vim.lsp.codelens.run()
end

local function drive()
  wait("the lenses", function() return #vim.lsp.codelens.get(buffer) > 0 end)
  seen.lenses = lens_titles()

  vim.fn.search("^def greet(")
  vim.lsp.buf.hover()
  wait("the hover", floating_text)
  seen.hover = floating_text()

  choose("Hint 2/3")
  wait("the hint", function() return vim.tbl_contains(lens_titles(), "Hint 3/3") end)

  choose("Explain")
  wait("the lesson", function() return vim.bo.filetype == "markdown" end)
  seen.lesson = vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]
  vim.cmd("bwipeout!")

  write(vim.env.WRONG)
  wait("the diagnostic", function()
    for _, each in ipairs(vim.diagnostic.get(buffer)) do
      if each.message:find("This behaves like", 1, true) then return true end
    end
  end)
  seen.diagnostics = vim.diagnostic.get(buffer)
  wait("the failing lens", function() return vim.tbl_contains(lens_titles(), "✗ Failing") end)

  write(vim.env.RIGHT)
  wait("the tick", function() return vim.tbl_contains(lens_titles(), "✓ Passed") end)
  seen.left = vim.tbl_filter(
    function(each) return each.severity == vim.diagnostic.severity.ERROR end,
    vim.diagnostic.get(buffer)
  )

  choose("Next step")
  wait("the next step", function() return vim.fn.getline("."):find("def system_info", 1, true) end)

  local mine = text()
  vim.lsp.buf.execute_command({ command = "tinytorch.resetStep", arguments = { "setup/greet" } })
  wait("the reset", function() return text():find("greet is yours to write", 1, true) end)
  vim.lsp.buf.execute_command({ command = "tinytorch.undo" })
  wait("the undo", function() return text() == mine end)
end

local fine, problem = xpcall(drive, debug.traceback)
seen.problem = not fine and problem or nil
vim.fn.writefile({ vim.json.encode(seen) }, vim.env.SEEN)
vim.cmd("qall!")
