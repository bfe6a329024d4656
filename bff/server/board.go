package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/mysingle/mysingle/bff/sprint"
)

type boardInput struct {
	SprintID string  `path:"sprint_id" validate:"uuid" expect:"a UUID"`
	Assignee *string `query:"assignee" validate:"omitnil,eq=me|uuid" expect:"me or a member's UUID"`
	Priority *string `query:"priority" validate:"omitnil,oneof=Low Medium High Urgent" expect:"Low, Medium, High or Urgent"`
}

// board answers the sprint's board as the caller may see it.
func (s *Server) board(c *fiber.Ctx) error {
	var input boardInput
	if err := readInput(c, &input); err != nil {
		return err
	}
	query := sprint.BoardQuery{
		SprintID: strings.ToLower(input.SprintID),
		Assignee: input.Assignee,
		Priority: input.Priority,
	}
	caller := callerOf(c)
	if query.Assignee != nil && *query.Assignee == "me" {
		query.Assignee = &caller.Subject
	}
	board, err := s.boards.Read(c.UserContext(), caller, query)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Response().SetBodyRaw(utils.UnsafeBytes(board)) // nothing writes to it
	return nil
}
